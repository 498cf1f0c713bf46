"""Questions of a form that pages answer in a form: what something is, which version of it is needed."""
