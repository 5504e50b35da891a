"""What people and machines talk to: routes, who may, what is kept, the page."""
