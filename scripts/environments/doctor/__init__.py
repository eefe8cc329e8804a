"""What the doctor looks at: one module a topic, whose functions take the Plan and return Results."""
