import DefaultTheme from 'vitepress/theme'
import './contrast.css'
import './narrow.css'

export default DefaultTheme
