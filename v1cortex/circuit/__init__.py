"""The circuit: neurons, recurrent connections and LGN input as immutable arrays."""
