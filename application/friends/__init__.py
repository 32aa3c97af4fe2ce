"""Friends beyond the domain: what people and the public are told, and who asks from elsewhere."""
