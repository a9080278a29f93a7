"""What is wrong with a town and its machine, and how it is mended: one file a kind of check, up or down alike."""
