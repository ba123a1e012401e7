"""What the session ``mutate`` alters: one module for each part."""
