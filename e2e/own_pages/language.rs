//! The language one chose: for pages after the next login, in whatever browser, and for mails.

use super::own;
use crate::house::on_both;

#[tokio::test]
async fn the_chosen_language_follows_its_owner() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let mut visitor = anna.at_home(&house).await;
        let page = own(&house, &mut visitor, "/account/details").await;
        assert!(page.body.contains("<html lang=\"da\">"));
        let page = visitor.submit_form(&page, "/account/language", &[("language", "en")]).await;
        assert!(page.body.contains("<html lang=\"en\">") && page.body.contains("Your language is saved"), "{}", page.describe());
        assert_eq!(house.events("person.language_chosen").await[0].details["language"], "en");

        let mut elsewhere = house.visitor();
        elsewhere.headers = vec![("Accept-Language".to_owned(), "da".to_owned())];
        let page = anna.go_home(&house, &mut elsewhere).await;
        assert!(page.body.contains("<html lang=\"en\">"), "{}", page.describe());
        let mut his = house.visitor();
        his.headers = vec![("Accept-Language".to_owned(), "da".to_owned())];
        let page = bo.go_home(&house, &mut his).await;
        assert!(page.body.contains("<html lang=\"da\">"), "the control: {}", page.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM people WHERE language = 'en'").await, 1);

        let page = own(&house, &mut visitor, "/account/details").await;
        let csrf = page.form("/logout").value("csrf").expect("a token").to_owned();
        let answer = visitor.post_form(house.url("/account/language"), &[("csrf", &csrf), ("language", "xx")]).await;
        assert_eq!(answer.status, 404, "no such language");
    })
    .await;
}
