// Sends the one form of the page on; without script the visitor presses its button.
document.forms[0].submit();
