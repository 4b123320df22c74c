"""What runs GMBot: rules, dashboards, and what writes parts of them."""
