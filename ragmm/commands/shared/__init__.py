"""What commands share: options, output, progress, and how they end."""
