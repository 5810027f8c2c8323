"""Bluetooth LE: heart rate, blood pressure and pulse oximeter profiles, and Nonin's own oximetry characteristic."""
