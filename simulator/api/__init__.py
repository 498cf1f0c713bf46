"""The routes of the Open API that a bot uses, with its checks and error codes."""
