# Omgivelserne om Portvagt, simuleret.
title = Omverdenen, simuleret
skip = Gå til indholdet
language = Sprog
simulation = Dette er en simulering.
simulation-more = Det er ingen offentlig tjeneste og kender ingen rigtige personer. Alt her er opdigtet til en demonstration.
problem = Det kan ikke lade sig gøre
problem-detail = Derfor:
room-none = Omverdenen, simuleret
room-nemlogin = NemLog-in (simuleret)
start-lead = Portvagt bliver vist frem på denne maskine. Det, der omgiver den i virkeligheden, er simuleret her.
start-nemlogin = Beviser, hvem folk er, som NemLog-in gør med MitID. Portvagt sender dig derhen.
start-metadata = Metadata
