// Copies the address that opens this item: the page's own, with the item in it and nothing that belongs to a moment.
export default function (component) {
  const { data, parentElement } = component;
  const button = parentElement.querySelector(".copy");
  const address = new URL(window.location.href);
  address.search = `?item=${data.item}`;
  button.title = address.href;
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(address.href);
      button.textContent = "Copied";
    } catch {
      // Without a secure connection the browser lends no clipboard: the address is shown to be copied by hand.
      window.prompt("The link", address.href);
    }
    setTimeout(() => (button.textContent = "Copy link"), 1600);
  };
  return () => {
    button.onclick = null;
  };
}
