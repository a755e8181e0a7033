"""Where networks are made: data, loops, exports. Not in the wheel; what runs never imports it."""
