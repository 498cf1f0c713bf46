"""LMDeploy's servers on this machine's cards: planned, started, watched."""
