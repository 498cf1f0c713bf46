"""What bench.gpu is made of: checkpoints made on the spot, the load, packages for a bare machine."""
