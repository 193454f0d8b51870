//! What can be changed while a mock proxy works: a script in place of the one before.

use crate::authority::Authority;
use crate::fault::Plan;
use crate::mock::MockProxy;
use crate::origin::Origin;
use crate::proxy::Proxy;
use crate::route::Routes;
use crate::running::Books;
use crate::script::Script;
use crate::{Error, Place};
use std::sync::{Arc, Mutex, PoisonError};

/// What serves the connections that are accepted now.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) proxy: Arc<Proxy>,
    /// The origin over http.
    pub(crate) plain: Arc<Origin>,
    /// The origin over https.
    pub(crate) secure: Arc<Origin>,
}

/// All that makes the doors.
pub(crate) struct Controls {
    /// What was said before there was a script.
    unscripted: MockProxy,
    routes: Routes,
    books: Books,
    authority: Arc<Authority>,
    plans: [Arc<Plan>; 2],
    doors: Mutex<Doors>,
    /// The script that is followed.
    #[cfg(feature = "page")]
    followed: Mutex<Script>,
}

impl Controls {
    /// Those of `mock`, as it is.
    pub(crate) fn new(
        mock: &MockProxy,
        routes: Routes,
        books: Books,
        authority: Arc<Authority>,
        plans: [Arc<Plan>; 2],
    ) -> Result<Self, Error> {
        let doors = Mutex::new(mock.clone().doors(routes.clone(), &books, &authority, &plans)?);
        Ok(Self {
            unscripted: mock.unscripted(),
            routes,
            books,
            authority,
            plans,
            doors,
            #[cfg(feature = "page")]
            followed: Mutex::new(mock.followed()),
        })
    }

    /// What serves a connection that was just accepted.
    pub(crate) fn doors(&self) -> Doors {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The faults of one side.
    pub(crate) fn plan(&self, place: Place) -> &Arc<Plan> {
        let [proxy, origin] = &self.plans;
        match place {
            Place::Proxy => proxy,
            Place::Origin => origin,
        }
    }

    pub(crate) const fn books(&self) -> &Books {
        &self.books
    }

    pub(crate) const fn routes(&self) -> &Routes {
        &self.routes
    }

    pub(crate) fn ca_pem(&self) -> &str {
        &self.authority.ca_pem
    }

    /// Follows `script` in place of the script before: connections that are accepted from now on, and the faults of all.
    pub(crate) fn follow(&self, script: &Script) -> Result<(), Error> {
        let mock = self.unscripted.clone().script(script)?;
        mock.check_faults()?;
        let [faults, origin_faults] = mock.faults();
        let doors = mock.doors(self.routes.clone(), &self.books, &self.authority, &self.plans)?;
        self.plan(Place::Proxy).replace(faults);
        self.plan(Place::Origin).replace(origin_faults);
        *self.doors.lock().unwrap_or_else(PoisonError::into_inner) = doors;
        #[cfg(feature = "page")]
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone_from(script);
        Ok(())
    }

    /// The script that is followed.
    #[cfg(feature = "page")]
    pub(crate) fn followed(&self) -> Script {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
