# The same commands without make: python run.py [setup|test|test-slow|lint]
.PHONY: run setup test test-slow lint

run setup test test-slow lint:
	@python3 run.py $@
