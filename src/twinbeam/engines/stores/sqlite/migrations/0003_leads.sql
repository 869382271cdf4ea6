-- For the leads of some days that a server, a CRM or a file told of: the names are orders.reconciliation.LEADS.
CREATE INDEX conversion_lead ON conversion (received)
    WHERE event IN ('Lead', 'CompleteRegistration') AND channels <> 'browser';
