"""The pages of the app: a page draws and calls ci_core, and decides nothing."""
