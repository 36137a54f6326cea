"""A chat service in a third dialect: keys, threads, and answers streamed as blocks."""
