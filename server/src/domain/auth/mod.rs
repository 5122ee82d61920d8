//! Sign-in: accounts, guests, and logins whose refresh tokens rotate.

mod names;
mod passwords;
mod tokens;

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use rallypoint_protocol::{
    ApiError, ErrorCode, Timestamp, User, UserId,
    auth::{GuestLogin, Login, Register, SignedIn, Success},
};

use crate::{
    config::Limits,
    domain::{Answer, now, users::Users},
    hub::Hub,
    store::{
        self, Db,
        logins::{LoginId, Redeemed},
        users::NewUser,
    },
};

pub use tokens::Caller;

/// Tags to try before a display name counts as used up.
const TAG_TRIES: usize = 24;

pub struct Auth {
    db: Db,
    users: Arc<Users>,
    hub: Arc<Hub>,
    tokens: tokens::Signer,
    passwords: passwords::Passwords,
    refresh_seconds: i64,
    /// Revoked logins whose access tokens have not expired yet, with when they will have.
    revoked: RwLock<HashMap<LoginId, Timestamp>>,
}

impl Auth {
    pub fn new(db: Db, users: Arc<Users>, hub: Arc<Hub>, secret: &[u8], limits: &Limits) -> Self {
        Self {
            db,
            users,
            hub,
            tokens: tokens::Signer::new(secret, limits.access_token_seconds),
            passwords: passwords::Passwords::new(limits.concurrent_password_hashes),
            refresh_seconds: limits.refresh_token_seconds.cast_signed(),
            revoked: RwLock::default(),
        }
    }

    pub async fn register(&self, wish: Register) -> Answer<SignedIn> {
        let user = self.create(wish).await?;
        self.sign_in(user).await
    }

    /// Makes an account without signing in.
    pub async fn create(&self, wish: Register) -> Answer<User> {
        names::check_username(&wish.username)?;
        names::check_password(&wish.password)?;
        let display_name = names::display_name(wish.display_name.as_deref().unwrap_or(&wish.username))?;
        names::check_contact(wish.email.as_deref(), wish.image_url.as_deref())?;
        if store::users::username_exists(&self.db, &wish.username).await? {
            return Err(username_taken());
        }
        let password_hash = self.passwords.hash(wish.password).await?;
        self.insert(NewUser {
            username: wish.username,
            display_name,
            tag: String::new(),
            email: wish.email,
            image_url: wish.image_url,
            password_hash: Some(password_hash),
            created_at: now(),
        })
        .await
    }

    pub async fn guest(&self, wish: GuestLogin) -> Answer<SignedIn> {
        let display_name = names::display_name(wish.display_name.as_deref().unwrap_or("Guest"))?;
        let user = self
            .insert(NewUser {
                username: format!("guest-{:012x}", rand::random::<u64>() & 0xFFFF_FFFF_FFFF),
                display_name,
                tag: String::new(),
                email: None,
                image_url: None,
                password_hash: None,
                created_at: now(),
            })
            .await?;
        self.sign_in(user).await
    }

    pub async fn login(&self, wish: Login) -> Answer<SignedIn> {
        // Nobody has a name that breaks the rules, and not every database can be asked for every text.
        let found = match names::check_username(&wish.username) {
            Ok(()) => store::users::credentials(&self.db, &wish.username).await?,
            Err(_) => None,
        };
        let (user, hash) = found.map_or((None, None), |found| (Some(found.user), found.password_hash));
        let correct = self.passwords.verify(wish.password, hash).await?;
        match user {
            Some(user) if correct => self.sign_in(user).await,
            _ => Err(ErrorCode::BadCredentials.into()),
        }
    }

    /// Exchanges a refresh token for new tokens. One that is used twice was stolen by somebody: the login ends.
    pub async fn refresh(&self, refresh_token: &str) -> Answer<SignedIn> {
        let now = now();
        let (next, expires_at) = (tokens::new_refresh_token(), self.refresh_expiry(now));
        let (used_hash, next_hash) = (tokens::hash(refresh_token), tokens::hash(&next));
        match store::logins::rotate(&self.db, &used_hash, &next_hash, now, expires_at).await? {
            Redeemed::Fresh { login, user } => {
                let user = self.users.get(user).await?;
                self.signed_in((*user).clone(), login, next, now)
            }
            Redeemed::Reused { login } => {
                tracing::warn!(login, "refresh token used twice; login revoked");
                self.forget_login(login, now);
                Err(ApiError::new(ErrorCode::Unauthenticated, "This refresh token was used before. Sign in again."))
            }
            Redeemed::Refused => {
                Err(ApiError::new(ErrorCode::Unauthenticated, "This refresh token is not valid. Sign in again."))
            }
        }
    }

    pub async fn logout(&self, caller: Caller) -> Answer<()> {
        let now = now();
        store::logins::revoke(&self.db, caller.login, now).await?;
        self.forget_login(caller.login, now);
        Ok(())
    }

    /// Who holds this access token.
    pub fn authenticate(&self, token: &str) -> Answer<Caller> {
        let caller = self.tokens.verify(token)?;
        if self.is_revoked(caller.login) {
            return Err(ApiError::new(ErrorCode::Unauthenticated, "You have signed out. Sign in again."));
        }
        Ok(caller)
    }

    pub fn is_revoked(&self, login: LoginId) -> bool {
        self.revoked.read().contains_key(&login)
    }

    /// Returns until when the login of an access token lives at least: as long as the refresh token that was made with it.
    pub fn login_ends_after(&self, caller: Caller) -> Timestamp {
        self.refresh_expiry(caller.issued_at)
    }

    /// Returns when a login ends: with its newest refresh token; `None` if it has ended.
    pub async fn login_end(&self, login: LoginId) -> Answer<Option<Timestamp>> {
        if self.is_revoked(login) {
            return Ok(None);
        }
        Ok(store::logins::end(&self.db, login).await?)
    }

    /// Takes over what was revoked since `since`, here before a restart or by another server.
    pub async fn load_revocations(&self, since: Timestamp) -> Answer<()> {
        let now = now();
        for login in store::logins::revoked_since(&self.db, since).await? {
            if !self.is_revoked(login) {
                self.forget_login(login, now);
            }
        }
        self.revoked.write().retain(|_, until| *until > now);
        Ok(())
    }

    /// How long a revocation has to be remembered, in milliseconds.
    pub fn access_token_lifetime(&self) -> i64 {
        self.tokens.lifetime_seconds() * 1000
    }

    fn forget_login(&self, login: LoginId, now: Timestamp) {
        self.revoked.write().insert(login, Timestamp(now.0 + self.access_token_lifetime()));
        self.hub.close_login(login, &ApiError::new(ErrorCode::Unauthenticated, "You have signed out. Sign in again."));
    }

    async fn insert(&self, mut new: NewUser) -> Answer<User> {
        for _ in 0..TAG_TRIES {
            new.tag = format!("{:04}", rand::random_range(0..10_000));
            match store::users::insert(&self.db, &new).await {
                Ok(user) => {
                    self.users.remember(&user);
                    return Ok(user);
                }
                Err(error) if error.is_duplicate() => {
                    if store::users::username_exists(&self.db, &new.username).await? {
                        return Err(username_taken());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ApiError::new(ErrorCode::NameTaken, "Too many players have this display name. Choose another."))
    }

    async fn sign_in(&self, user: User) -> Answer<SignedIn> {
        let now = now();
        let refresh_token = tokens::new_refresh_token();
        let hash = tokens::hash(&refresh_token);
        let login = store::logins::insert(&self.db, user.id, &hash, now, self.refresh_expiry(now)).await?;
        self.signed_in(user, login, refresh_token, now)
    }

    fn signed_in(&self, mut user: User, login: LoginId, refresh_token: String, now: Timestamp) -> Answer<SignedIn> {
        user.online = self.hub.is_online(user.id, now);
        Ok(SignedIn {
            status: Success::Success,
            access_token: self.tokens.sign(user.id, login, now)?,
            user,
            refresh_token,
            expires_in: self.tokens.lifetime_seconds(),
        })
    }

    fn refresh_expiry(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0 + self.refresh_seconds * 1000)
    }
}

fn username_taken() -> ApiError {
    ApiError::new(ErrorCode::NameTaken, "Choose another username: this one is taken.")
}

impl Caller {
    /// Refuses unless the caller is `user`.
    pub fn must_be(&self, user: UserId) -> Answer<()> {
        if self.user == user { Ok(()) } else { Err(ErrorCode::Forbidden.into()) }
    }
}
