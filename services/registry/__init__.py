"""The registry service: who provides SEH care, where and when; closures, stops, declarations and rounds."""
