"""What a stack on AWS costs a month, at list prices, part by part."""
