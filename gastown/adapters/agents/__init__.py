"""Workers behind one interface (`port.py`): one file a vendor."""
