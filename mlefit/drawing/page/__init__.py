"""The page: a report as one HTML file, without script, network or external reference; template and style sheet are files here."""
