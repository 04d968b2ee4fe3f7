//! Attestation of passkeys: what a new key's maker says of it (WebAuthn level 2, section 6.5), judged against certificates
//! and models that the operator names. Nothing is fetched.
//!
//! A model (AAGUID) counts only where a trusted certificate vouches for it. The path goes on in `webauthn`.

use std::collections::{BTreeMap, BTreeSet};

use openssl::x509::X509;
use uuid::Uuid;
use webauthn_rs::prelude::{AttestationCa, AttestationCaList, AttestationCaListBuilder, AttestationMetadata, Credential};

use crate::domain::{authenticator::Models, factor::Provenance};

/// What is asked of new keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demand {
    /// Nothing: browsers then tell nothing.
    #[default]
    None,
    /// They may attest themselves; those that do not carry less.
    Asked,
    /// They must, and must stay in their device.
    Required,
}

/// A model of authenticator with the certificates that vouch for it, as FIDO metadata lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its AAGUID.
    pub aaguid: Uuid,
    /// Its name.
    pub description: String,
    /// Certificates, DER.
    pub roots: Vec<Vec<u8>>,
}

/// Certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AttestationError {
    /// The file holds none.
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    /// One of them is not understood.
    #[error("a certificate cannot be used: {0}")]
    Unusable(String),
}

/// Why a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nobody who is trusted vouches for it.
    #[error("attestation")]
    Unattested,
    /// It can leave its device.
    #[error("synced")]
    Synced,
    /// Its model is not among those allowed.
    #[error("aaguid")]
    Model,
}

/// What was found of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Where its secret lies, and who says so.
    pub provenance: Provenance,
    /// Its model, when a trusted certificate vouches for it.
    pub aaguid: Option<Uuid>,
}

/// Whom to trust, and what to demand.
#[derive(Debug, Clone, Default)]
pub struct Attestation {
    demand: Demand,
    trusted: AttestationCaList,
    allowed: BTreeSet<Uuid>,
    fallen: BTreeSet<Uuid>,
}

impl Attestation {
    /// Trusts the certificates of the PEM text for any model they vouch for, and each of `models` for its own. `allowed`,
    /// when it is not empty, lists the only models taken.
    pub fn new(demand: Demand, pem: Option<&[u8]>, models: &[Model], allowed: BTreeSet<Uuid>) -> Result<Self, AttestationError> {
        let unusable = |error: &dyn std::fmt::Debug| AttestationError::Unusable(format!("{error:?}"));
        let mut listed = AttestationCaListBuilder::new();
        for model in models {
            for root in &model.roots {
                let added = listed.insert_device_der(root, model.aaguid, model.description.clone(), BTreeMap::new());
                added.map_err(|error| unusable(&error))?;
            }
        }
        let mut trusted = listed.build();
        if let Some(pem) = pem {
            let certificates = X509::stack_from_pem(pem).map_err(|_| AttestationError::NoCertificate)?;
            if certificates.is_empty() {
                return Err(AttestationError::NoCertificate);
            }
            for certificate in certificates {
                let one = certificate.to_pem().map_err(|error| unusable(&error))?;
                trusted.union(&AttestationCaList::try_from(one.as_slice()).map_err(|error| unusable(&error))?);
            }
        }
        Ok(Self { demand, trusted, allowed, fallen: BTreeSet::new() })
    }

    /// The same without the models that fell: whoever vouches for one of them is not believed.
    #[must_use]
    pub fn without(self, fallen: BTreeSet<Uuid>) -> Self {
        Self { fallen, ..self }
    }

    /// The models that are believed, at each use of a key enrolled before as at the enrolment of another.
    pub fn models(&self) -> Models {
        let any = self.trusted.cas().values().any(AttestationCa::blanket_allow);
        let listed = || self.trusted.cas().values().flat_map(|authority| authority.aaguids().keys().copied());
        let stands = |model: &Uuid| !self.fallen.contains(model);
        match (any, self.allowed.is_empty()) {
            (true, true) => Models::AllBut(self.fallen.clone()),
            (true, false) => Models::Only(self.allowed.iter().copied().filter(stands).collect()),
            (false, true) => Models::Only(listed().filter(stands).collect()),
            (false, false) => Models::Only(listed().filter(|model| stands(model) && self.allowed.contains(model)).collect()),
        }
    }

    /// Whether new keys are asked to attest themselves.
    pub fn is_asked(&self) -> bool {
        self.demand != Demand::None
    }

    /// Judges a key whose registration is sound.
    pub fn judge(&self, key: &Credential) -> Result<Origin, NotTaken> {
        let attested = self.attested(key);
        if self.demand == Demand::Required && attested.is_none() {
            return Err(NotTaken::Unattested);
        }
        if self.demand == Demand::Required && key.backup_eligible {
            return Err(NotTaken::Synced);
        }
        if let Some(model) = attested
            && !self.allowed.is_empty()
            && !model.is_some_and(|model| self.allowed.contains(&model))
        {
            return Err(NotTaken::Model);
        }
        let provenance = match (key.backup_eligible, attested) {
            (true, _) => Provenance::Synced,
            (false, Some(_)) => Provenance::Attested,
            (false, None) => Provenance::DeviceBound,
        };
        Ok(Origin { provenance, aaguid: attested.flatten() })
    }

    /// The model that a trusted certificate vouches for; the inner `None` when it names none.
    fn attested(&self, key: &Credential) -> Option<Option<Uuid>> {
        if self.demand == Demand::None || self.trusted.is_empty() {
            return None;
        }
        let authority = key.verify_attestation(&self.trusted).ok().flatten()?;
        let model = match &key.attestation.metadata {
            AttestationMetadata::Packed { aaguid } | AttestationMetadata::Tpm { aaguid, .. } => Some(*aaguid),
            _ => None,
        };
        if model.is_some_and(|model| self.fallen.contains(&model)) {
            return None;
        }
        let vouched = authority.blanket_allow() || model.is_some_and(|model| authority.aaguids().contains_key(&model));
        vouched.then_some(model)
    }
}
