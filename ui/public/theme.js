// Before the first paint: the theme, density and motion chosen on this device. A file of its own, since the policy allows no inline script.
{
  const chosen = (name) => {
    try {
      return localStorage.getItem(`clawlink.${name}`)
    } catch {
      return null
    }
  }
  const theme = chosen('theme')
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.documentElement.dataset.density = chosen('density') === 'compact' ? 'compact' : 'comfortable'
  document.documentElement.dataset.motion = chosen('motion') === 'none' ? 'none' : 'system'
}
