"""Windows that ask or tell, reached from actions only."""
