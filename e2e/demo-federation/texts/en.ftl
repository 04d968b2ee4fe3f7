# Around Portvagt, simulated.
title = The world around, simulated
skip = Go to the content
language = Language
simulation = This is a simulation.
simulation-more = It is no public service and knows no real person. Everything here is made up for a demonstration.
problem = That cannot be done
problem-detail = Here is why:
room-none = The world around, simulated
room-nemlogin = NemLog-in (simulated)
start-lead = Portvagt is being demonstrated on this machine. What surrounds it in the real world is simulated here.
start-nemlogin = Proves who people are, as NemLog-in does with MitID. You are sent there by Portvagt.
start-metadata = Metadata
