"""From an SQS batch to outcomes and task tokens: the only part of the project, with the store, that knows AWS."""
