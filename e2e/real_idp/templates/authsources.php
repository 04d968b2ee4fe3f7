<?php
$person = fn(string $cpr, string $level, array $more = []) => array_merge([
    'uid' => [hash('sha256', $cpr . $level)],
    'https://data.gov.dk/model/core/specVersion' => ['OIO-SAML-3.0'],
    'https://data.gov.dk/concept/core/nsis/loa' => [$level],
    'https://data.gov.dk/concept/core/nsis/ial' => ['High'],
    'https://data.gov.dk/concept/core/nsis/aal' => [$level],
    'https://data.gov.dk/model/core/eid/fullName' => ['Given anna Prøvesen'],
    'https://data.gov.dk/model/core/eid/cprNumber' => [$cpr],
    'https://data.gov.dk/model/core/eid/email' => ['anna@example.org', 'ærlig@example.org'],
    'https://data.gov.dk/model/core/eid/privilegesIntermediate' => [base64_encode('<bpp:PrivilegeList xmlns:bpp="urn:x"/>')],
], $more);
$config = [
    'mitid' => [
        'exampleauth:UserPass',
        'anna:secret' => $person('0101801234', 'Substantial'),
        'high:secret' => $person('0101801234', 'High'),
        'low:secret' => $person('0101801234', 'Low'),
        'bo:secret' => $person('0202802345', 'Substantial'),
        'employee:secret' => $person('0101801234', 'Substantial', [
            'https://data.gov.dk/model/core/eid/professional/cvr' => ['90000001'],
            'https://data.gov.dk/model/core/eid/professional/orgName' => ['Testkommune'],
        ]),
    ],
];
