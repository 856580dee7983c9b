"""From hits to an answer: quoted, or written by a VLM and checked."""
