/* Runs only where modules do not: says what to do instead of a button that does nothing. */
document.getElementById("old-browser").hidden = false;
document.querySelector("label.button").style.display = "none";
