"""What AWS publishes, dated and sourced."""
