"""The cost of a stack on AWS a month, at list prices, part by part."""
