"""Pictures as records: plain numbers, and one sentence each."""
