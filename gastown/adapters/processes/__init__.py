"""Starting, owning and ending programs other than git; file locks."""
