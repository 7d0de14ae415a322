"""The fault test: is anything that was said lost, doubled or out of order, whatever fails?"""
