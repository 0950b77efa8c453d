"""What an option is: declared once, beside the field it fills, in plain values that no parser needs to be loaded for."""
