"""Records of pictures drawn, one file per medium; no statistics here."""
