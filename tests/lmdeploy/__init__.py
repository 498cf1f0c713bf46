"""Contract tests against the real LMDeploy package, on a CPU, over a small engine in TurboMind's place."""
