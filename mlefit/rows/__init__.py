"""What a row is once it is numbers: chunks of complete rows, and random samples of them."""
