// Sends the form of the posting page as soon as it is read. Without script the visitor presses the button.

document.querySelector('form[data-post]')?.submit();
