"""What brings the product to life on a machine; nothing here is imported by the product itself."""
