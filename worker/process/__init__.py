"""What one worker process holds: knowledge, engine, clients; and questions without Feishu."""
