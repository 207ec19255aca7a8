"""A spiking model of mouse V1: tables, circuit, network, tasks and evaluation."""
