"""The lab's own Performance Insights: load sampled from real engines, or generated for an object without one."""
