"""How good the decisions are, measured on labelled files with the product's own pipeline."""
