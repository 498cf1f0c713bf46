"""What faces Feishu: takes events in, shows answers; knows none of the other packages."""
