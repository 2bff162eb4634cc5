"""What jobs do: one file for each agent, one function for each kind. The registry names them."""
