"""What tests share: where the browser comes from, builders, fakes. No test stands here."""
