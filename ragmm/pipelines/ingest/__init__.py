"""From files to items to vectors to commits."""
